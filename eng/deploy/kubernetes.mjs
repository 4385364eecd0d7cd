// Checks each document of a file against Kubernetes' own schemas, KEDA's and those of the Prometheus operator: node kubernetes.mjs FILE, run where the packages are installed.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(process.cwd() + '/');
const elsewhere = { 'keda.sh': '@kubernetes-models/keda', 'monitoring.coreos.com': '@kubernetes-models/prometheus-operator' };
const documents = require('yaml').parseAllDocuments(readFileSync(process.argv[2], 'utf8'));
for (const document of documents) {
  if (document.errors.length > 0) throw document.errors[0];
  const object = document.toJS();
  const others = Object.entries(elsewhere).find(([group]) => object.apiVersion.startsWith(group + '/'))?.[1];
  const models = others
    ? await import(pathToFileURL(`${process.cwd()}/node_modules/${others}/${object.apiVersion}/${object.kind}.js`))
    : require(`kubernetes-models/${object.apiVersion}/${object.kind}`);
  new models[object.kind](object).validate();
}
console.log(`${documents.length} objects`);
