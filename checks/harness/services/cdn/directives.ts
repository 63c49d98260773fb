export type Headers = Record<string, string | string[] | undefined>;

/** What an answer says to this cache: CDN-Cache-Control, if it counts, goes before Cache-Control (RFC 9213). */
export function directivesOf(headers: Headers): Map<string, string> {
  return directivesIn(targeted(headers) ?? String(headers['cache-control'] ?? ''));
}

/** By lower-case name; of two of a name the first. What is no directive is left out: nobody would know it. */
export function directivesIn(text: string): Map<string, string> {
  const directives = new Map<string, string>();
  for (const part of text.match(/(?:[^,"]|"[^"]*"?)+/g) ?? []) {
    const [, name, quoted, plain] = /^\s*([\w-]+)\s*(?:=\s*(?:"([^"]*)"|([^\s;]*)).*)?$/.exec(part) ?? [];
    if (name && !directives.has(name.toLowerCase())) directives.set(name.toLowerCase(), quoted ?? plain ?? '');
  }
  return directives;
}

/** As text that every parser understands: names of headers, as in `no-cache="set-cookie"`, are left out. */
export function formatDirectives(directives: Map<string, string>): string | undefined {
  const text = [...directives].map(([name, value]) => (/^[\w-]+$/.test(value) ? `${name}=${value}` : name)).join(', ');
  return text || undefined;
}

const key = '[a-z*][a-z0-9_.*-]*';
const value = String.raw`(?:=(?:-?\d+(?:\.\d+)?|"[^"\\]*"|[A-Za-z*][^\s,;"=]*|\?[01]))?`;
const member = `${key}${value}(?:; *${key}${value})*`;
const dictionary = new RegExp(String.raw`^\s*${member}(?:\s*,\s*${member})*\s*$`);

/** CDN-Cache-Control. It must be a dictionary of RFC 9651; one that is empty or none counts as not sent (RFC 9213, 2.1). */
export function targeted(headers: Headers): string | undefined {
  const text = headers['cdn-cache-control'];
  return text !== undefined && dictionary.test(String(text)) ? String(text) : undefined;
}
