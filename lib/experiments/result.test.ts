import { expect, test } from 'vitest';
import { toCsv } from './result';

test('quotes what would break a row, leaves absent values empty', () => {
  expect(toCsv([{ a: 'x,y', b: 'say "hi"' }, { a: 1 }, { a: 'two\nlines', b: undefined }])).toBe(
    'a,b\r\n"x,y","say ""hi"""\r\n1,\r\n"two\nlines",\r\n',
  );
});
