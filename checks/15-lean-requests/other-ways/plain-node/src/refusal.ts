/** A request that is answered with this status. */
export class Refusal extends Error {
  readonly status: number;
  readonly fields: string[];

  constructor(status: number, fields: string[] = []) {
    super(`refused with ${status}`);
    this.status = status;
    this.fields = fields;
  }
}
