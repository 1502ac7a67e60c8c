import { expect, test } from 'vitest';
import { DisposableStack } from './lifecycle';

test('disposes in reverse order, once, and at once when late', () => {
  const order: string[] = [];
  const stack = new DisposableStack();
  stack.defer(() => order.push('first'));
  stack.defer(() => order.push('second'));
  stack.dispose();
  stack.dispose();
  stack.defer(() => order.push('late'));
  expect(order).toEqual(['second', 'first', 'late']);
});
