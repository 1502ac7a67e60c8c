// IBM PC keyboards, scan code set 1: https://aeb.win.tue.nl/linux/kbd/scancodes-1.html

const escape = '\x1b';
const shift = 0x2a;
const release = 0x80;
const extended = 0xe0;

/** Keys in the order of their codes, with and without Shift, from the code of the first on. */
const rows: readonly (readonly [first: number, plain: string, shifted: string])[] = [
  [0x02, '1234567890-=\b\t', '!@#$%^&*()_+'],
  [0x10, 'qwertyuiop[]\r', 'QWERTYUIOP{}'],
  [0x1e, "asdfghjkl;'`", 'ASDFGHJKL:"~'],
  [0x2b, '\\zxcvbnm,./', '|ZXCVBNM<>?'],
  [0x39, ' ', ''],
];

/** What terminals send for keys that are no characters (xterm, "PC-Style Function Keys"), to the key's bytes. */
const sequences: readonly (readonly [string, readonly number[]])[] = [
  ...[0x3b, 0x3c, 0x3d, 0x3e].map((code, index) => [`${escape}O${'PQRS'[index]}`, [code]] as const),
  ...[0x3f, 0x40, 0x41, 0x42, 0x43, 0x44, 0x57, 0x58].map(
    (code, index) => [`${escape}[${[15, 17, 18, 19, 20, 21, 23, 24][index]}~`, [code]] as const,
  ),
  ...[0x48, 0x50, 0x4d, 0x4b].flatMap((code, index) =>
    ['[', 'O'].map((kind) => [`${escape}${kind}${'ABCD'[index]}`, [extended, code]] as const),
  ),
];

const keys = new Map<string, readonly number[]>([
  ...rows.flatMap(([first, plain, shifted]) => [
    ...Array.from(plain).map((character, index) => [character, [first + index]] as const),
    ...Array.from(shifted).map((character, index) => [character, [shift, first + index]] as const),
  ]),
  ['\n', [0x1c]],
  ['\x7f', [0x0e]],
  [escape, [0x01]],
]);

/**
 * What a keyboard would have sent to a PC so that a person had typed this. Characters that a US keyboard lacks are left
 * out.
 * @param text as a terminal sends it
 */
export function scanCodes(text: string): number[] {
  const codes: number[] = [];
  let rest = text;
  while (rest !== '') {
    const sequence = sequences.find(([keySequence]) => rest.startsWith(keySequence));
    const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
    codes.push(...press(sequence?.[1] ?? keys.get(character) ?? []));
    rest = rest.slice(sequence?.[0].length ?? character.length);
  }
  return codes;
}

/** Down in this order, up in the other. */
function press(key: readonly number[]): number[] {
  if (key[0] === extended) return [extended, key[1] ?? 0, extended, (key[1] ?? 0) | release];
  return [...key, ...[...key].reverse().map((code) => code | release)];
}
