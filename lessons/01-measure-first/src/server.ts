import { createApp } from './app.ts';
import { createCatalogue } from './catalogue.ts';

const port = Number(process.env.PORT ?? 3000);

createApp({ catalogue: createCatalogue() }).listen(port, () => console.log(`shop listening on port ${port}`));
