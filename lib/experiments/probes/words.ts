/** How figures and lists are put into words, in cells and sentences alike. */

export function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`;
}

/** "a, b and c" */
export function list(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}

export function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

export function seconds(value: number): string {
  if (value < 120) return `${value.toFixed(value < 10 ? 1 : 0)} s`;
  return value < 7200 ? `${Math.floor(value / 60)} min` : `${Math.floor(value / 3600)} h`;
}

/** Reads an integer, or throws a sentence that names what was expected. */
export function integer(text: string | undefined, what: string): number {
  const value = Number(text);
  if (text === undefined || text.trim() === '' || !Number.isSafeInteger(value)) {
    throw new Error(`Expected ${what}, got ${JSON.stringify(text ?? '')}.`);
  }
  return value;
}
