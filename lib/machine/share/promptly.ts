/** A value that is there, or will be. What is there is used at once: a guest that is answered at once need not sleep. */
export type Soon<T> = T | Promise<T>;

export function whenThere<T, R>(value: Soon<T>, next: (value: T) => Soon<R>): Soon<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
