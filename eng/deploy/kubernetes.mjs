// Checks each document of a file against Kubernetes' own schemas: node kubernetes.mjs FILE, run where the packages are installed.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(process.cwd() + '/');
const documents = require('yaml').parseAllDocuments(readFileSync(process.argv[2], 'utf8'));
for (const document of documents) {
  if (document.errors.length > 0) throw document.errors[0];
  const object = document.toJS();
  const models = require(`kubernetes-models/${object.apiVersion}/${object.kind}`);
  new models[object.kind](object).validate();
}
console.log(`${documents.length} objects`);
