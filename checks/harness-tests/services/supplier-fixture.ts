import { expect } from 'vitest';
import { type SupplierHandle, type SupplierOptions, startSupplier } from '../../harness/services/supplier/handle.ts';
import { fakeRun, survivors } from './fake-run.ts';

/** Starts a supplier that answers at once, unless said, and ends it with the test. */
export async function withSupplier(
  act: (supplier: SupplierHandle) => Promise<void>,
  { latencyMs = 0, atOnce = 20, slow }: Partial<Omit<SupplierOptions, 'run'>> = {},
): Promise<void> {
  await using run = fakeRun();
  const supplier = await startSupplier({ run, latencyMs, atOnce, slow });
  try {
    await act(supplier);
  } finally {
    await supplier.close();
  }
  expect(survivors(run)).toEqual([]);
}

export async function json(url: string, init?: RequestInit) {
  const response = await fetch(url, init);
  // biome-ignore lint/suspicious/noExplicitAny: each test looks for what it needs.
  return { status: response.status, body: (await response.json()) as any };
}

export function put(url: string, body: unknown) {
  return json(url, { method: 'PUT', body: JSON.stringify(body) });
}
