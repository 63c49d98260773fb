import type { Refusal } from './handle.ts';

/** A refusal as smtp-server wants it. It sends an array as a reply of several lines, which its types don't know. */
export function errorOf({ code, text }: Exclude<Refusal, 'drop'>): Error {
  const error = Object.assign(new Error(text), { responseCode: code });
  return text.includes('\n') ? Object.assign(error, { message: text.split('\n') }) : error;
}
