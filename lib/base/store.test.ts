import { expect, test } from 'vitest';
import { Store, until } from './store';

test('listeners hear changes, not repeats, and nothing after disposal', () => {
  const store = new Store(1);
  const heard: number[] = [];
  const subscription = store.subscribe((value) => heard.push(value));
  store.set(2);
  store.set(2);
  subscription.dispose();
  store.set(3);
  expect(heard).toEqual([2]);
});

test('until resolves with the first accepted value and rejects on abort', async () => {
  const store = new Store(1);
  const three = until(store, (value) => value === 3);
  store.set(2);
  store.set(3);
  expect(await three).toBe(3);

  const abort = new AbortController();
  const never = until(store, (value) => value === 9, abort.signal);
  abort.abort(new Error('enough'));
  await expect(never).rejects.toThrow('enough');
});
