import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

/** Bytes of output kept of each app. More is read and thrown away, so that an app never blocks on a full pipe. */
const keptBytes = 64 * 1024;
const keptTimes = 4_000;

/**
 * Node's own words for an error that the app's author did not mean. A service that is away causes none of them, and a
 * body or an entry that is no JSON is not the app's fault. Loggers write the name and the message as JSON.
 */
const ownFault =
  /\b(TypeError(?!(: |","message":")(fetch failed|terminated))|ReferenceError|SyntaxError(?!.*JSON)|RangeError|AssertionError)\b|UnhandledPromiseRejection|ERR_(MODULE_NOT_FOUND|UNSUPPORTED_TYPESCRIPT|HTTP_HEADERS_SENT)/;
/** What names an error. Errors of PostgreSQL are called "error" by pg. */
const namesError = /\b\w*(Error|Exception)\b.*:|^error: |\[ERR_\w+\]/;

/** Levels of a line in JSON after which the process ends, as pino writes them and as others do. */
const fatal = /^(fatal|critical|alert|emerg\w*|panic)$/i;
const fatalLevel = 60;

export type ErrorKind = 'own-fault' | 'unlogged-fault' | 'any';

/** Keeps the end of what a process prints, however much it prints. */
export class OutputTail {
  readonly #folders: string[];
  #kept = '';
  #totalBytes = 0;
  /** When the output had come to which length, oldest first. */
  readonly #times: { at: number; bytesBefore: number }[] = [];

  /** @param cwd where the process runs: what is below it is told from there in the lines around an error. */
  constructor(cwd?: string) {
    this.#folders =
      cwd === undefined ? [] : [pathToFileURL(cwd).href, cwd].map((folder) => `${folder.replace(/\/$/, '')}/`);
  }

  follow(stream: Readable | null): void {
    stream?.setEncoding('utf8');
    stream?.on('data', (chunk: string) => {
      this.#times.push({ at: performance.now(), bytesBefore: this.#totalBytes });
      if (this.#times.length > keptTimes) this.#times.splice(0, keptTimes / 2);
      this.#totalBytes += chunk.length;
      this.#kept = (this.#kept + chunk).slice(-keptBytes);
    });
    stream?.on('error', () => {}); // The pipe breaks when the process is killed.
  }

  get totalBytes(): number {
    return this.#totalBytes;
  }

  /** The end of the output as it was printed, as far as it is kept. */
  lastBytes(count: number): string {
    return this.#kept.slice(-count);
  }

  /** The last lines, without colours, long ones cut. */
  lastLines(count = 8): string[] {
    return linesIn(this.#kept).slice(-count);
  }

  /** The lines that explain a crash: around the one that names the error, without Node's own frames. */
  crashLines(count = 10): string[] {
    const lines = this.lastLines(200).filter(isNoFrameOfNode);
    const named = lines.findIndex((line) => namesError.test(line));
    return named < 0 ? lines.slice(-count) : this.#around(lines, named, count);
  }

  /**
   * The lines around the last error that was printed since then, as performance.now(): undefined when none was.
   * @param kind `own-fault`: only such as no right app prints, whatever becomes of its services. `unlogged-fault`: the
   * same, but not in the JSON lines of a log below fatal, which tell of what the app has caught.
   */
  errorSince(since: number, kind: ErrorKind, count = 8): string[] | undefined {
    const from = this.#times.find(({ at }) => at >= since)?.bytesBefore ?? this.#totalBytes;
    const text = this.#kept.slice(Math.max(0, this.#kept.length - (this.#totalBytes - from)));
    const lines = linesIn(kind === 'unlogged-fault' ? withoutLog(text) : text).filter(isNoFrameOfNode);
    const pattern = kind === 'any' ? namesError : ownFault;
    const named = lines.findLastIndex((line) => pattern.test(line) && !/^\s+at /.test(line));
    return named < 0 ? undefined : this.#around(lines, named, count);
  }

  #around(lines: string[], named: number, count: number): string[] {
    const from = Math.max(0, named - 4);
    return lines.slice(from, from + count).map((line) => {
      // A path with a space looks like two: the folder's own is known.
      const inside = this.#folders.reduce((text, folder) => text.replaceAll(folder, ''), line);
      return inside.replaceAll(/(file:\/\/)?\/\S*\/(src\/)/g, '$2');
    });
  }
}

/** The line that names the error, among lines around it. */
export function errorLineOf(lines: string[]): string {
  // A frame may hold such a word, too, and lines before the error may be the frames of another one.
  const others = lines.filter((line) => !/^\s+at /.test(line));
  const named = others.find((line) => /^\s*(Uncaught )?\[?\w*(Error|error|Exception|Rejection)\b/.test(line));
  return (named ?? others.find((line) => namesError.test(line)) ?? others[0] ?? lines[0] ?? '').trim();
}

function linesIn(text: string): string[] {
  const lines = stripVTControlCharacters(text)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '');
  return lines.map((line) => (line.length > 200 ? `${line.slice(0, 200)}…` : line));
}

/** Without what a logger has written as JSON, except for what it calls fatal. */
function withoutLog(text: string): string {
  return text
    .split(/\r?\n/)
    .filter((line) => !isLogged(line))
    .join('\n');
}

function isLogged(line: string): boolean {
  if (!line.startsWith('{')) return false;
  try {
    const { level } = JSON.parse(line) as { level?: unknown };
    return typeof level === 'number' ? level < fatalLevel : typeof level === 'string' && !fatal.test(level);
  } catch {
    return false;
  }
}

const isNoFrameOfNode = (line: string) =>
  !/^\s+at .*\(?node:internal/.test(line) && !/^\s+at <anonymous>$/.test(line) && !/^\s+at .*node_modules/.test(line);
