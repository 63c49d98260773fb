/** What the process is doing, for whoever asks. */
export const state = { ending: false, warm: false };
