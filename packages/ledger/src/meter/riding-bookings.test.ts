import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ridingBookings } from './riding-bookings.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('bookings begin with the next reservation, in their order and before it', () => {
  const bookings = ridingBookings();
  const done: string[] = [];
  void bookings.add(async () => done.push('first'));
  void bookings.add(async () => done.push('second'));
  expect(done).toEqual([]);
  bookings.begin();
  done.push('reservation');
  expect(done).toEqual(['first', 'second', 'reservation']);
});

test('where no reservation comes they begin after a few milliseconds, each once', async () => {
  const bookings = ridingBookings();
  const book = vi.fn(async () => 'booked');
  const booked = bookings.add(book);
  vi.advanceTimersByTime(4);
  expect(book).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(await booked).toBe('booked');
  bookings.begin();
  vi.advanceTimersByTime(100);
  expect(book).toHaveBeenCalledOnce();
});

test('none waits while somebody waits for them, also one that comes late', async () => {
  const bookings = ridingBookings();
  const book = vi.fn(async () => 'booked');
  void bookings.add(book);
  await bookings.hurried(async () => {
    expect(book).toHaveBeenCalledOnce();
    await bookings.add(book);
    expect(book).toHaveBeenCalledTimes(2);
  });
  void bookings.add(book);
  expect(book).toHaveBeenCalledTimes(2);
});

test('one that fails is told to who asked for it, and the others begin all the same', async () => {
  const bookings = ridingBookings();
  const failing = bookings.add(async () => {
    throw new Error('The store is gone.');
  });
  const other = bookings.add(async () => 'booked');
  bookings.begin();
  await expect(failing).rejects.toThrow('The store is gone.');
  expect(await other).toBe('booked');
});
