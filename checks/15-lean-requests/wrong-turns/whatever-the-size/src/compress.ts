import { gzip } from 'node:zlib';
import type { RequestHandler } from 'express';

/** Makes `res.json` compress what is worth it, if the client can read that. What is no JSON stays as it is. */
export const compress: RequestHandler = (req, res, next) => {
  const send = res.send.bind(res);
  res.send = (body) => {
    const isJson = typeof body === 'string' && /^application\/json\b/.test(res.get('Content-Type') ?? '');
    if (!isJson) return send(body);
    res.vary('Accept-Encoding');
    if (!req.acceptsEncodings('gzip')) return send(body);
    // In a thread of libuv: gzipSync would hold up everybody else.
    gzip(body, (error, packed) => {
      if (error) return next(error);
      res.set('Content-Encoding', 'gzip');
      send(packed);
    });
    return res;
  };
  next();
};
