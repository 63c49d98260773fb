// All that a lesson's check may import of the harness. What is missing here is added here, not reached for elsewhere.
export type { AppCommandEnd } from '../app/app-command.ts';
export { asksTheSystem } from '../app/pm2.ts';
export type { LoadFinding, LoadShape } from '../load/judge.ts';
export { lastAttempt } from '../measure/attempts.ts';
export {
  countFault,
  type Exposition,
  FormatError,
  histogramFault,
  parseExposition,
  seriesKey,
  toNumber,
} from '../measure/exposition.ts';
export { disturbance, disturbs, MachineWatch, watchOthers } from '../measure/machine.ts';
export { pulseOf, wantedCoreMs, wantsCore } from '../measure/pulse.ts';
export type { Step } from '../model/trail.ts';
export { BehaviourFailure, type Teaching } from '../model/verdict.ts';
export { type CdnVerdict, cdnVerdictInWords } from '../net/cache-status.ts';
export type { Call } from '../net/closed-loop.ts';
export { endsAfter } from '../net/patience.ts';
export { keptConnections, NoReply, type PlainReply, type PlainRequest, plainRequest } from '../net/plain-request.ts';
export { type Answer, excerpt, type RequestOptions, type Visitor } from '../net/visitor.ts';
export { type ProcessRow, processTable } from '../os/processes.ts';
export { cacheDir, repoDir } from '../os/run.ts';
export { type CheckDefinition, defineCheck } from '../runner/check.ts';
export type { Instance } from '../runner/environment.ts';
export {
  defineExam,
  type ExamDefinition,
  type MinuteOptions,
  type MinuteShown,
  type PartOptions,
} from '../runner/exam.ts';
export type { Stage } from '../runner/stage.ts';
export { directivesIn, formatDirectives } from '../services/cdn/directives.ts';
export { AnswerPolicy } from '../services/cdn/policy.ts';
export type { Gate, SeenRequest } from '../services/nginx/gate.ts';
export type { NginxHandle } from '../services/nginx/handle.ts';
export type { PostgresHandle, StatementCount } from '../services/postgres/handle.ts';
export type { SentStatement } from '../services/postgres/sent-statements.ts';
export { openRedis, type RedisDoor, type RedisHandle } from '../services/redis/handle.ts';
export type { Email } from '../services/smtp/email.ts';
export type { Refusal, SmtpHandle } from '../services/smtp/handle.ts';
export { emailSays } from '../services/smtp/words.ts';
export type { SupplierHandle } from '../services/supplier/handle.ts';
export { compareCost } from './compare-cost.ts';
export { seemsLonger } from './seems-longer.ts';
