import { HullError, messageOf } from './hull-error';

/** Errors lose their class in a message between workers. */
export interface PlainError<Code extends string = string> {
  code: Code;
  message: string;
  remedy: string;
}

export function plainError(thrown: unknown): PlainError {
  if (thrown instanceof HullError)
    return { code: thrown.code as string, message: thrown.message, remedy: thrown.remedy };
  return {
    code: 'unexpected',
    message: messageOf(thrown),
    remedy: 'Reload the page; if it happens again, please report it.',
  };
}

export function errorOf<Code extends string>({ code, message, remedy }: PlainError<Code>): HullError<Code> {
  return new HullError(code, message, remedy);
}
