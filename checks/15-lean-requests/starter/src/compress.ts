import { gzipSync } from 'node:zlib';
import type { RequestHandler } from 'express';

/** Sends every answer compressed, as small as it gets. */
export const compress: RequestHandler = (req, res, next) => {
  const send = res.send.bind(res);
  res.send = (body) => {
    if (typeof body !== 'string' && !Buffer.isBuffer(body)) return send(body);
    if (!String(req.headers['accept-encoding']).includes('gzip')) return send(body);
    res.set('Content-Encoding', 'gzip');
    return send(gzipSync(body, { level: 9 }));
  };
  next();
};
