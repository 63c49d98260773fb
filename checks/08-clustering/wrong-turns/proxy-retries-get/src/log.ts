export const log = (text: string) => console.log(`[${process.pid}] ${text}`);
