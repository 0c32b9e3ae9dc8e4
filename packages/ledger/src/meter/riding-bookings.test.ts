import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ridingBookings } from './riding-bookings.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const amongOthers = () => ridingBookings(() => false);

test('the booking of a call that was alone begins in the next turn, patiently and once', async () => {
  const bookings = ridingBookings(() => true);
  const book = vi.fn(async () => 'booked');
  const booked = bookings.add(book);
  expect(book).not.toHaveBeenCalled();
  vi.advanceTimersByTime(0);
  expect(await booked).toBe('booked');
  bookings.reserved();
  vi.advanceTimersByTime(100);
  expect(book.mock.calls).toEqual([[true]]);
});

test('others begin in the turn after the next reservation, in their order', () => {
  const bookings = amongOthers();
  const done: string[] = [];
  void bookings.add(async () => done.push('first'));
  void bookings.add(async () => done.push('second'));
  bookings.reserved();
  done.push('request');
  vi.advanceTimersByTime(0);
  expect(done).toEqual(['request', 'first', 'second']);
});

test('where no reservation comes they begin after 2 ms, each once', async () => {
  const bookings = amongOthers();
  const book = vi.fn(async () => 'booked');
  const booked = bookings.add(book);
  vi.advanceTimersByTime(1);
  expect(book).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(await booked).toBe('booked');
  bookings.reserved();
  vi.advanceTimersByTime(100);
  expect(book.mock.calls).toEqual([[true]]);
});

test('none waits while somebody waits for them, also one that comes late', async () => {
  const bookings = amongOthers();
  const book = vi.fn(async () => 'booked');
  void bookings.add(book);
  await bookings.hurried(async () => {
    expect(book).toHaveBeenCalledOnce();
    await bookings.add(book);
    expect(book.mock.calls).toEqual([[false], [false]]);
  });
  void bookings.add(book);
  expect(book).toHaveBeenCalledTimes(2);
});

test('one that fails is told to who asked for it, and the others begin all the same', async () => {
  const bookings = amongOthers();
  const failing = bookings.add(async () => {
    throw new Error('The store is gone.');
  });
  const other = bookings.add(async () => 'booked');
  vi.advanceTimersByTime(2);
  await expect(failing).rejects.toThrow('The store is gone.');
  expect(await other).toBe('booked');
});
