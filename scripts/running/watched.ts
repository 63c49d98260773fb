/** Set for a command that the watch mode runs. */
export const watchedCheck = 'ENCORE_WATCHED';

/** Whether the watch mode runs this: then what we print reaches its terminal, and its keys do what commands do. */
export const isWatched = process.env[watchedCheck] !== undefined;

/** Whether somebody looks on, for whom a picture may be drawn. */
export const isOnTerminal = Boolean(process.stdout.isTTY) || isWatched;
