import type { Instance, Stage, SupplierHandle } from '../harness/sdk/index.ts';
import lesson from './lesson.ts';

interface OwnApp {
  app: Instance;
  /** It makes nobody wait for its offers. */
  supplier: SupplierHandle;
}

/** An app and a supplier that no other behaviour asks, so that it can be judged in the background. */
export async function startOwn(
  t: Stage,
  { latencyMs = lesson.supplier?.latencyMs ?? 0, env = {} }: { latencyMs?: number; env?: Record<string, string> } = {},
): Promise<OwnApp> {
  const supplier = await t.startSupplier({ latencyMs, atOnce: lesson.supplier?.atOnce ?? 1 });
  return { supplier, app: await t.startExtra({ env: { ...env, SUPPLIER_URL: supplier.url } }) };
}
