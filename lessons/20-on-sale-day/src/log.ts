/** One line, marked with the process that writes it. */
export function log(text: string): void {
  console.log(`[${process.pid}] ${text}`);
}
