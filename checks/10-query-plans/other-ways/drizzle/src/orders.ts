import { and, asc, count, desc, eq, type SQL, sql, sum } from 'drizzle-orm';
import { integer, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import type { Database } from './database.ts';

export const orders = pgTable('orders', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  reference: text().notNull().unique(),
  email: text().notNull(),
  city: text().notNull(),
  seats: integer().notNull(),
  totalCents: integer('total_cents').notNull(),
  placedAt: timestamp('placed_at', { withTimezone: true }).notNull().defaultNow(),
});

export function ofCustomer(db: Database, email: string) {
  return db
    .select()
    .from(orders)
    .where(eq(orders.email, email))
    .orderBy(desc(orders.placedAt), desc(orders.id))
    .limit(50);
}

export async function ofCity(db: Database, city: string, sort: 'asc' | 'desc', limit: number, after?: number) {
  const direction = sort === 'asc' ? asc : desc;
  const where: SQL[] = [eq(orders.city, city)];
  if (after !== undefined) {
    const last = sql`(SELECT placed_at, id FROM orders WHERE id = ${after})`;
    where.push(
      sort === 'asc'
        ? sql`(${orders.placedAt}, ${orders.id}) > ${last}`
        : sql`(${orders.placedAt}, ${orders.id}) < ${last}`,
    );
  }
  const found = await db
    .select()
    .from(orders)
    .where(and(...where))
    .orderBy(direction(orders.placedAt), direction(orders.id))
    .limit(limit + 1);
  const last = found.length > limit ? found[limit - 1] : undefined;
  return { orders: found.slice(0, limit), next: last ? `o${last.id}` : null };
}

export async function ofDay(db: Database, day: string) {
  const cities = await db
    .select({ city: orders.city, orders: count(), totalCents: sum(orders.totalCents).mapWith(Number) })
    .from(orders)
    .where(sql`(${orders.placedAt} AT TIME ZONE 'UTC')::date = ${day}::date`)
    .groupBy(orders.city)
    .orderBy(orders.city);
  const total = (of: 'orders' | 'totalCents') => cities.reduce((all, city) => all + city[of], 0);
  return { day, orders: total('orders'), totalCents: total('totalCents'), cities };
}
