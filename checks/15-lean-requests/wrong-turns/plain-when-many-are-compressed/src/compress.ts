import { gzip } from 'node:zlib';
import type { RequestHandler } from 'express';

/** Below this the answer fits into one packet anyway. */
const atLeastBytes = 1_024;
/** As many as libuv has threads. */
const mostAtOnce = 4;
let compressing = 0;

/** Makes `res.json` compress what is worth it, if the client can read that. What is no JSON stays as it is. */
export const compress: RequestHandler = (req, res, next) => {
  const send = res.send.bind(res);
  res.send = (body) => {
    const isJson = typeof body === 'string' && /^application\/json\b/.test(res.get('Content-Type') ?? '');
    if (!isJson || Buffer.byteLength(body) < atLeastBytes) return send(body);
    res.vary('Accept-Encoding');
    // Under load, what can be left out is left out.
    if (!req.acceptsEncodings('gzip') || compressing >= mostAtOnce) return send(body);
    compressing++;
    // In a thread of libuv: gzipSync would hold up everybody else.
    gzip(body, (error, packed) => {
      compressing--;
      if (error) return next(error);
      res.set('Content-Encoding', 'gzip');
      send(packed);
    });
    return res;
  };
  next();
};
