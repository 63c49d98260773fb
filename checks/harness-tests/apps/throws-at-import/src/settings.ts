if (!process.env.APP_SECRET) throw new Error('APP_SECRET is not set');
export const secret = process.env.APP_SECRET;
