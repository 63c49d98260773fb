/** Where an instance listens. */
export interface Target {
  host: string;
  port: number;
}
