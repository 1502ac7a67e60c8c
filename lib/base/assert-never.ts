/** Ends an exhaustive switch: the compiler refuses a call with anything but `never`. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
