import { describe, expect, it } from 'vitest';
import { Question } from '../terminal/question.ts';

function asked() {
  const question = new Question(() => {});
  const answers: (string | undefined)[] = [];
  question.number('Which one? ', (typed) => answers.push(typed));
  return { question, answers, press: (...keys: string[]) => keys.map((key) => question.press(key)) };
}

describe('the question for a number', () => {
  it('collects digits until Enter', () => {
    const { question, answers, press } = asked();
    expect(press('1', '2', 'backspace')).toEqual([true, true, true]);
    expect(question.text).toBe('Which one? 1_');
    expect(press('0', 'return')).toEqual([true, true]);
    expect(answers).toEqual(['10']);
    expect(question.text).toBe('');
  });

  it('leaves other keys to mean what the footer says of them, and Esc only ends it', () => {
    const first = asked();
    expect(first.press('h')).toEqual([false]);
    expect(first.answers).toEqual([undefined]);
    const second = asked();
    expect(second.press('3', 'escape')).toEqual([true, true]);
    expect(second.answers).toEqual([undefined]);
  });
});
