/** One line, marked with the process that writes it: the workers share one output. */
export function log(text: string): void {
  console.log(`[${process.pid}] ${text}`);
}
