import type { ServiceKind } from '../service.ts';
import { type SupplierHandle, type SupplierOptions, startSupplier } from './handle.ts';

/** How slow it is, and how many it serves at a time, where the lesson does not say. */
const usual = { latencyMs: 150, atOnce: 20 };

export const supplierService: ServiceKind<SupplierHandle, Omit<SupplierOptions, 'run'>> = {
  title: 'the supplier',
  fix: 'check again',
  open: ({ run, lesson }, more) => startSupplier({ run, ...usual, ...lesson.supplier, ...more }),
};
