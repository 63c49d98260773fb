import { emitKeypressEvents, type Key } from 'node:readline';

/**
 * Hands every key to `onKey` at once, without Enter, until the returned function is called. The terminal gets its usual
 * mode back however this process ends.
 */
export function readKeys(onKey: (key: string) => void): () => void {
  const { stdin } = process;
  const usualMode = () => void (stdin.isTTY && stdin.setRawMode(false));
  const hear = (typed: string | undefined, { name, ctrl }: Key) => {
    // Without its echo a terminal hands Ctrl-C and Ctrl-D on as keys.
    if (ctrl) onKey(name === 'c' || name === 'd' ? 'quit' : '');
    else onKey(typed?.length === 1 && typed > ' ' ? typed.toLowerCase() : (name ?? ''));
  };
  emitKeypressEvents(stdin);
  stdin.setRawMode(true);
  process.on('exit', usualMode);
  stdin.on('keypress', hear);
  stdin.once('end', () => onKey('quit')); // The terminal is gone.
  stdin.resume();
  return () => {
    stdin.off('keypress', hear);
    process.off('exit', usualMode);
    usualMode();
    stdin.pause();
  };
}
