import { createApp } from './app.ts';
import { Supplier } from './supplier.ts';

const port = Number(process.env.PORT ?? 3000);
const supplierUrl = process.env.SUPPLIER_URL ?? 'http://127.0.0.1:4000';

const supplier = new Supplier(supplierUrl);
const server = createApp({ supplier }).listen(port, () => console.log(`shop listening on port ${port}`));
process.on('SIGTERM', () => server.close(() => process.exit(0)));
