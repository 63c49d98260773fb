import { defineExam } from '../harness/sdk/index.ts';
import { botPart } from './bot-part.ts';
import { cachingPart } from './caching.ts';
import { coresPart } from './cores.ts';
import { databasePart } from './database.ts';
import { deployPart } from './deploy.ts';
import { emailsPart } from './emails.ts';
import { errorsPart } from './errors.ts';
import lesson from './lesson.ts';
import { loopPart } from './loop.ts';
import { memoryPart } from './memory.ts';
import { metricsPart } from './metrics.ts';
import { type Minute, runMinute } from './minute.ts';
import { pricesPart } from './prices.ts';
import { declareRules } from './rules.ts';
import { sessionsPart } from './sessions.ts';

defineExam<Minute>(lesson, ({ minute, part, rule }) => {
  minute(runMinute);

  sessionsPart(part);
  pricesPart(part);
  cachingPart(part);
  loopPart(part);
  coresPart(part);
  databasePart(part);
  errorsPart(part);
  botPart(part);
  deployPart(part);
  emailsPart(part);
  memoryPart(part);
  metricsPart(part);

  declareRules(rule);
});
