import { expect, it } from 'vitest';
import { boardInWords } from '../16-memory-leaks/board-words.ts';
import { marked } from '../16-memory-leaks/client.ts';

// Lesson 16 sends addresses of 2 kB, and shows them without their padding: what differs only there would look the same.

const stream = () => `GET ${marked('/events/1/live')}`;
const inShort = (request: string) => request.replace(/-x+/, '…');

it('says that an address is cut, not that one is missing and another has ended', () => {
  const whole = stream();
  const cut = whole.slice(0, 204);
  expect(boardInWords({ missing: [whole], more: [cut], open: [whole] })).toBe(
    `1 are listed with another address, such as ${inShort(whole)} with 200 characters in place of ${whole.length - 4}`,
  );
});

it('keeps two requests apart that differ only by their query', () => {
  const [one, ended] = [stream(), stream()];
  expect(boardInWords({ missing: [one], more: [ended], open: [one] })).toBe(
    `1 are missing, such as ${inShort(one)}; 1 are listed that are not open, such as ${inShort(ended)}`,
  );
});

it('tells what has ended from what is listed twice', () => {
  const [open, ended] = [stream(), stream()];
  expect(boardInWords({ missing: [], more: [ended], open: [open] })).toContain('1 are listed that have ended');
  expect(boardInWords({ missing: [], more: [open], open: [open] })).toContain('more often than they are open');
});
