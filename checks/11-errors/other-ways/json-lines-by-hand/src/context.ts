import { AsyncLocalStorage } from 'node:async_hooks';

/** The id of the request that is being served, for whatever runs because of it. */
export const requestId = new AsyncLocalStorage<string>();
