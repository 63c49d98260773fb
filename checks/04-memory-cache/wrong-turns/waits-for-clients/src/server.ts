import { createApp } from './app.ts';
import { Cache } from './cache.ts';
import { Supplier } from './supplier.ts';

const port = Number(process.env.PORT ?? 3000);
const supplierUrl = process.env.SUPPLIER_URL ?? 'http://127.0.0.1:4000';
const cacheTtlS = Number(process.env.CACHE_TTL_S ?? 60);

const supplier = new Supplier(supplierUrl, new Cache({ ttlS: cacheTtlS, maxEntries: 1_000 }));
const server = createApp({ supplier }).listen(port, () => console.log(`shop listening on port ${port}`));

process.once('SIGTERM', () => server.close(() => process.exit()));
