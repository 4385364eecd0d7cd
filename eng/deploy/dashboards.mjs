// Writes deploy/grafana/dashboards: node dashboards.mjs DIR. What dashboards have in common is here once; a panel is a line.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const datasource = { type: 'prometheus', uid: '${datasource}' };
const R = '[$__rate_interval]';

// A panel: title, unit, queries as [expression, legend], options. What only fills on trouble has "or vector(0)" behind it.
const graph = (title, unit, queries, more = {}) => ({ title, unit, queries, type: 'timeseries', w: 8, h: 7, ...more });
const number = (title, unit, queries, more = {}) => ({ title, unit, queries, type: 'stat', w: 4, h: 4, ...more });
const table = (title, queries, more = {}) => ({ title, unit: 'none', queries, type: 'table', w: 12, h: 7, ...more });

const quantiles = (bucket, by = '') => ['0.5', '0.95', '0.99'].map(q =>
  [`histogram_quantile(${q}, sum by (le) (rate(${bucket}${R})))`, `P${+q * 100}${by}`]);
const rate = (series, by = '') => `sum${by ? ` by (${by})` : ''} (rate(${series}${R}))`;
const limit = (value, color = 'red') => ({ steps: [{ color: 'green', value: null }, { color, value }] });

function panel(spec, id, x, y) {
  const custom = spec.type === 'timeseries'
    ? { drawStyle: 'line', lineWidth: 1, fillOpacity: 8, showPoints: 'never', spanNulls: false, stacking: { mode: spec.stack ? 'normal' : 'none' }, thresholdsStyle: { mode: spec.limit ? 'line' : 'off' } }
    : {};
  const options = {
    timeseries: { legend: { displayMode: 'list', placement: 'bottom', showLegend: true }, tooltip: { mode: 'multi', sort: 'desc' } },
    stat: { reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false }, colorMode: 'value', graphMode: 'area', textMode: 'auto' },
    table: { showHeader: true },
  }[spec.type];
  return {
    id, type: spec.type, title: spec.title, description: spec.about ?? '', datasource, gridPos: { x, y, w: spec.w, h: spec.h },
    fieldConfig: { defaults: { unit: spec.unit, min: spec.min, max: spec.max, thresholds: { mode: 'absolute', ...(spec.limit ?? { steps: [{ color: 'green', value: null }] }) }, mappings: spec.mappings ?? [], custom }, overrides: [] },
    options,
    targets: spec.queries.map(([expr, legendFormat], i) => ({
      refId: String.fromCharCode(65 + i), datasource, expr, legendFormat, ...(spec.type === 'table' ? { format: 'table', instant: true } : spec.type === 'stat' ? { instant: true } : { range: true }),
    })),
    ...(spec.type === 'table' ? { transformations: [{ id: 'organize', options: { excludeByName: { Time: true, __name__: true, instance: true, job: true } } }] } : {}),
  };
}

function dashboard(uid, title, about, rows, variables = []) {
  const panels = [];
  let [y, id] = [0, 1];
  for (const [name, specs] of rows) {
    panels.push({ id: id++, type: 'row', title: name, collapsed: false, gridPos: { x: 0, y: y++, w: 24, h: 1 }, panels: [] });
    let [x, high] = [0, 0];
    for (const spec of specs) {
      if (x + spec.w > 24) [x, y, high] = [0, y + high, 0];
      panels.push(panel(spec, id++, x, y));
      x += spec.w;
      high = Math.max(high, spec.h);
    }
    y += high;
  }
  const annotation = (name, expr, titleFormat, iconColor) => ({ name, datasource, enable: true, expr, titleFormat, iconColor, step: '5s', useValueForTime: false });
  return {
    uid, title, description: about, tags: ['loadline'], schemaVersion: 39, version: 1, editable: false, graphTooltip: 1, refresh: '5s', time: { from: 'now-30m', to: 'now' }, timezone: 'browser',
    links: [{ type: 'dashboards', tags: ['loadline'], title: 'Loadline', asDropdown: true, includeVars: true, keepTime: true }],
    templating: { list: [{ name: 'datasource', type: 'datasource', query: 'prometheus', current: { text: 'Prometheus', value: 'prometheus' }, hide: 0 }, ...variables] },
    // Without Grafana's API: runs and faults are drawn from what Loadline pushes. A stretch in which the query has a value is a region.
    annotations: { list: [
      annotation('Runs', 'max by (run) (loadline_run_phase) > 0', 'Run {{run}}', 'blue'),
      annotation('Faults', 'max by (run, fault) (loadline_fault_active) > 0', 'Fault {{fault}}', 'red'),
    ] },
    panels,
  };
}

const runs = [{
  name: 'run', type: 'query', datasource, query: { query: 'label_values(loadline_run_info, run)', refId: 'run' }, definition: 'label_values(loadline_run_info, run)',
  refresh: 2, sort: 2, multi: true, includeAll: true, allValue: '.+', current: { text: 'All', value: '$__all' },
}];

const run = 'run=~"$run"';
const native = (name, q, by) => `histogram_quantile(${q}, sum by (${by}) (rate(${name}{${run}}${R})))`;
const answered = (q, by) => `histogram_quantile(${q}, sum by (${by}) (rate(loadline_request_duration_seconds{${run},outcome=~"ok|degraded"}${R})))`;

const loadTest = dashboard('loadline-run', 'Load test', 'What a run of Loadline sees of its target, as its users would, and how the load generator itself is.', [
  ['The run', [
    table('Runs', [[`loadline_run_info{${run}}`, '']], { h: 4, w: 8 }),
    number('Users', 'none', [[`sum(loadline_users{${run}})`, 'at work'], [`sum(loadline_users_planned{${run}})`, 'planned']]),
    number('Requests per second', 'reqps', [[`sum(rate(loadline_requests_total{${run}}${R}))`, '']]),
    number('Errors', 'percentunit', [[`sum(rate(loadline_requests_total{${run},outcome=~"failed|timed_out"}${R}) or vector(0)) / sum(rate(loadline_requests_total{${run}}${R}))`, '']], { limit: limit(0.01), about: 'Failed and timed out, of all requests.' }),
    number('P95 of questions', 's', [[native('loadline_request_duration_seconds', 0.95, '').replace('sum by ()', 'sum'), '']], { limit: limit(3) }),
    graph('Objectives', 'bool_yes_no', [[`min by (objective) (loadline_objective_holds{${run}})`, '{{objective}}']], { w: 12, min: 0, max: 1, about: 'Whether each holds over the hold phase so far; INVALID ones are missing.' }),
    graph('Phase and faults', 'none', [[`max by (phase) (loadline_run_phase{${run}})`, '{{phase}}'], [`max by (fault) (loadline_fault_active{${run}}) or vector(0)`, 'fault {{fault}}']], { w: 12, min: 0, max: 1 }),
  ]],
  ['Requests', [
    graph('Requests per second', 'reqps', [[`sum by (operation) (rate(loadline_requests_total{${run}}${R}))`, '{{operation}}']], { stack: true }),
    graph('Outcomes', 'reqps', [[`sum by (outcome) (rate(loadline_requests_total{${run}}${R}))`, '{{outcome}}']], { stack: true }),
    graph('Users and requests in flight', 'none', [[`sum(loadline_users{${run}})`, 'users'], [`sum(loadline_requests_in_flight{${run}})`, 'in flight']]),
    graph('Response time, P50', 's', [[answered(0.5, 'operation'), '{{operation}}']], { about: 'From due to the end, of answered requests. Native histograms: within 4.4 %.' }),
    graph('Response time, P95', 's', [[answered(0.95, 'operation'), '{{operation}}']]),
    graph('Response time, P99', 's', [[answered(0.99, 'operation'), '{{operation}}']]),
    graph('Service time, P95', 's', [[native('loadline_request_service_duration_seconds', 0.95, 'operation'), '{{operation}}']]),
    graph('Documents searchable, P95', 's', [[native('loadline_document_searchable_seconds', 0.95, '').replace('sum by ()', 'sum'), 'P95'], [native('loadline_document_searchable_seconds', 0.5, '').replace('sum by ()', 'sum'), 'P50']], { limit: limit(10) }),
    graph('Answers that were right', 'percentunit', [[`sum by (operation) (rate(loadline_answers_checked_total{${run},result="right"}${R})) / sum by (operation) (rate(loadline_answers_checked_total{${run}}${R}))`, '{{operation}}']], { min: 0, max: 1 }),
  ]],
  ['Streams', [
    graph('Time to first token', 's', [0.5, 0.95, 0.99].map(q => [native('loadline_time_to_first_token_seconds', q, '').replace('sum by ()', 'sum'), `P${q * 100}`]), { limit: limit(2) }),
    graph('Between tokens', 's', [0.5, 0.95].map(q => [native('loadline_token_gap_seconds', q, '').replace('sum by ()', 'sum'), `P${q * 100}`])),
    graph('Tokens per second of an answer', 'none', [0.05, 0.5].map(q => [native('loadline_generation_speed_tokens_per_second', q, '').replace('sum by ()', 'sum'), `P${q * 100}`]), { about: 'P5: what 95 of 100 answers reach.' }),
    graph('Tokens per second of all', 'none', [[`sum(rate(loadline_tokens_total{${run}}${R}))`, 'tokens/s']]),
  ]],
  ['The load generator', [
    graph('Late by, P99', 's', [[native('loadline_generator_lateness_seconds', 0.99, '').replace('sum by ()', 'sum'), 'due to sent']], { w: 6, limit: limit(0.05) }),
    graph('Processor', 'none', [[`sum(rate(process_cpu_seconds_total{${run}}${R}))`, 'cores']], { w: 6 }),
    graph('Memory', 'bytes', [[`sum(process_resident_memory_bytes{${run}})`, 'resident']], { w: 6 }),
    graph('Held up', 'percentunit', [[`sum(rate(loadline_generator_gc_pause_seconds_total{${run}}${R}))`, 'garbage collection'], [`sum(rate(loadline_generator_standstill_seconds_total{${run}}${R}))`, 'standstill']], { w: 6, limit: limit(0.01) }),
    graph('Samples of remote write', 'none', [[`sum by (result) (rate(loadline_remote_write_samples_total{${run}}${R}))`, '{{result}}']], { w: 6 }),
  ]],
], runs);

const http = 'rag_http_request_duration_seconds';
const overview = dashboard('rag-overview', 'RAG overview', 'The RAG system as a whole: what its users get, which objectives are in danger, and which service is the cause.', [
  ['What users get', [
    number('Requests per second', 'reqps', [[rate(`${http}_count`), '']]),
    number('Availability, 5 minutes', 'percentunit', [[`1 - (sum(rate(${http}_count{status=~"5.."}[5m])) or vector(0)) / sum(rate(${http}_count{status!~"429|499"}[5m]))`, '']], { limit: { steps: [{ color: 'red', value: null }, { color: 'green', value: 0.999 }] } }),
    number('Questions, P95', 's', [[`histogram_quantile(0.95, sum by (le) (rate(${http}_bucket{route=~"/query|/v1/chat/completions"}${R})))`, '']], { limit: limit(3) }),
    number('Refused by limits', 'percentunit', [[`(${rate(`${http}_count{status="429"}`)} or vector(0)) / ${rate(`${http}_count`)}`, '']], { limit: limit(0.05) }),
    number('Documents waiting', 'none', [['max(rag_documents_queue_depth)', '']], { limit: limit(1000) }),
    number('Processes up', 'none', [['count(up{job="rag"} == 1)', 'up'], ['count(up{job="rag"} == 0) or vector(0)', 'down']]),
    graph('Requests by route', 'reqps', [[rate(`${http}_count`, 'route'), '{{route}}']], { stack: true }),
    graph('Answers by status', 'reqps', [[rate(`${http}_count`, 'status'), '{{status}}']], { stack: true }),
    graph('P95 by route', 's', [[`histogram_quantile(0.95, sum by (route, le) (rate(${http}_bucket${R})))`, '{{route}}']]),
  ]],
  ['Error budgets', [
    graph('Burn, 1 hour', 'none', [['slo:errors:ratio_rate1h / on (slo) slo:error_budget:ratio', '{{slo}}']], { w: 12, limit: limit(14.4), about: '1 uses up the budget exactly; past 14.4 somebody is called.' }),
    graph('Burn, 6 hours', 'none', [['slo:errors:ratio_rate6h / on (slo) slo:error_budget:ratio', '{{slo}}']], { w: 12, limit: limit(6) }),
  ]],
  ['Services', [
    graph('Calls between services', 'reqps', [[rate('rag_seam_calls_total', 'called'), '{{called}}']]),
    graph('P95 of calls', 's', [['histogram_quantile(0.95, sum by (called, le) (rate(rag_seam_duration_seconds_bucket' + R + ')))', '{{called}}']]),
    graph('Calls that failed', 'reqps', [[`sum by (called) (rate(rag_seam_calls_total{outcome=~"expired|late|full|open|unavailable|failed"}${R})) or vector(0)`, '{{called}}']]),
    graph('Circuits', 'none', [['max by (called) (rag_seam_breaker_state)', '{{called}}']], { min: 0, max: 2, about: '0 closed, 1 half-open, 2 open.' }),
    graph('Degraded answers', 'reqps', [[`sum by (code) (rate(rag_degraded_total${R})) or vector(0)`, '{{code}}']]),
    graph('Injected faults', 'none', [['max by (called) (rag_faults_active) or vector(0)', '{{called}}']]),
  ]],
  ['Resources', [
    graph('Processor', 'none', [[rate('process_cpu_seconds_total{job="rag"}', 'service'), '{{service}}']], { stack: true, about: 'Cores.' }),
    graph('Memory', 'bytes', [['sum by (service) (process_working_set_bytes{job="rag"})', '{{service}}']], { stack: true }),
    graph('Open handles', 'none', [['sum by (service) (process_open_handles{job="rag"})', '{{service}}']]),
  ]],
]);

const own = service => `service=~"${service}|rag"`;
const processRow = service => ['Process', [
  graph('Processor', 'none', [[`sum by (instance) (rate(process_cpu_seconds_total{job="rag",${own(service)}}${R}))`, '{{instance}}']], { w: 6, about: 'Cores.' }),
  graph('Memory', 'bytes', [[`sum by (instance) (process_working_set_bytes{job="rag",${own(service)}})`, '{{instance}} resident'], [`sum by (instance) (dotnet_total_memory_bytes{job="rag",${own(service)}})`, '{{instance}} managed']], { w: 6 }),
  graph('Threads and handles', 'none', [[`sum by (instance) (process_num_threads{job="rag",${own(service)}})`, '{{instance}} threads'], [`sum by (instance) (process_open_handles{job="rag",${own(service)}})`, '{{instance}} handles']], { w: 6 }),
  graph('Starts', 'none', [[`sum by (instance) (changes(process_start_time_seconds{job="rag",${own(service)}}[15m]))`, '{{instance}}']], { w: 6, about: 'In a quarter of an hour.' }),
]];
const callsRow = service => ['Calls to it, as its callers see them', [
  graph('Calls', 'reqps', [[rate(`rag_seam_calls_total{called="${service}"}`, 'call'), '{{call}}']]),
  graph('Outcomes', 'reqps', [[rate(`rag_seam_calls_total{called="${service}"}`, 'outcome'), '{{outcome}}']]),
  graph('Duration', 's', quantiles(`rag_seam_duration_seconds_bucket{called="${service}"}`)),
  graph('In flight and waiting', 'none', [[`sum(rag_seam_in_use{called="${service}"})`, 'in flight'], [`sum(rag_seam_waiting{called="${service}"})`, 'waiting']]),
  graph('Refused before they reached it', 'reqps', [[rate(`rag_seam_refusals_total{called="${service}"}`, 'reason'), '{{reason}}']]),
  graph('Circuit, replicas left out, second tries', 'none', [[`max(rag_seam_breaker_state{called="${service}"})`, 'circuit (2: open)'], [`max(rag_seam_peers_out{called="${service}"})`, 'left out'], [`sum(rate(rag_seam_retries_total{called="${service}"}${R}))`, 'tries/s']]),
]];

const particular = {
  gateway: [
    graph('Requests', 'reqps', [[rate(`${http}_count`, 'route'), '{{route}}']]),
    graph('Statuses', 'reqps', [[rate(`${http}_count`, 'status'), '{{status}}']]),
    graph('Duration', 's', quantiles(`${http}_bucket`)),
    graph('Under way and admitted', 'none', [['sum(rag_http_requests_in_flight)', 'under way'], ['max by (class) (rag_shedding_limit)', 'limit, {{class}}']]),
    graph('Refused at the door', 'reqps', [[`sum by (class) (rate(rag_shedding_rejected_total${R})) or vector(0)`, '{{class}}'], [`${rate(`${http}_count{status="429"}`)} or vector(0)`, '429 in all']]),
    graph('Its own time, P95', 's', [['histogram_quantile(0.95, sum by (le) (rate(rag_gateway_routing_duration_seconds_bucket' + R + ')))', 'routing'], ['histogram_quantile(0.95, sum by (le) (rate(rag_gateway_auth_duration_seconds_bucket' + R + ')))', 'authentication']]),
    graph('Usage', 'none', [['sum(rate(rag_usage_sent_total' + R + '))', 'sent/s'], ['sum(rag_usage_waiting)', 'waiting']]),
  ],
  identity: [
    graph('Authentication overhead at the gateway', 's', quantiles('rag_gateway_auth_duration_seconds_bucket')),
    graph('Lines of usage taken', 'none', [[rate('rag_usage_sent_total'), 'lines/s']]),
  ],
  documents: [
    graph('Queue', 'none', [['max(rag_documents_queue_depth)', 'documents']], { limit: limit(5000) }),
    graph('Oldest that nobody works on', 's', [['max(rag_documents_queue_lag_seconds)', 'lag']], { limit: limit(120) }),
    graph('Jobs ended', 'none', [[rate('rag_ingestion_documents_total', 'outcome'), '{{outcome}}']]),
  ],
  ingestion: [
    graph('Batches', 's', quantiles('rag_ingestion_duration_seconds_bucket')),
    graph('From acknowledged to searchable', 's', quantiles('rag_ingestion_lag_seconds_bucket'), { limit: limit(30) }),
    graph('Documents', 'none', [[rate('rag_ingestion_documents_total', 'outcome'), '{{outcome}}']]),
  ],
  embedding: [
    graph('Texts', 'none', [[rate('rag_embedding_texts_total'), 'texts/s']]),
    graph('Time of a request', 's', quantiles('rag_embedding_duration_seconds_bucket')),
    graph('Loading models', 's', [['sum by (seam) (rag_model_load_duration_seconds_sum) / sum by (seam) (rag_model_load_duration_seconds_count)', '{{seam}}']]),
  ],
  vectors: [
    graph('Search, inside the index', 's', quantiles('rag_vectors_search_duration_seconds_bucket')),
    graph('Replacing, until durable', 's', quantiles('rag_vectors_replace_duration_seconds_bucket')),
    graph('Searches and writes', 'none', [[rate('rag_vectors_search_duration_seconds_count'), 'searches/s'], [rate('rag_vectors_inserts_total'), 'inserts/s']]),
    graph('Size', 'none', [['max(rag_vectors_chunks)', 'chunks'], ['max(rag_vectors_deleted)', 'deleted']]),
    graph('Memory of the index', 'bytes', [['max(rag_vectors_memory_bytes)', 'vectors and graph']]),
    graph('Change of the embedding model', 'none', [['max(rag_vectors_reembedding_remaining)', 'documents left']]),
  ],
  keywords: [
    graph('Search', 's', quantiles('rag_keywords_search_duration_seconds_bucket')),
    graph('Write', 's', quantiles('rag_keywords_write_duration_seconds_bucket')),
    graph('Size', 'none', [['max(rag_keywords_chunks)', 'chunks'], ['max(rag_keywords_terms)', 'terms']]),
  ],
  search: [
    graph('Duration', 's', quantiles('rag_search_duration_seconds_bucket')),
    graph('Embeddings from the cache', 'percentunit', [[`(sum(rate(rag_cache_lookups_total{cache="embeddings",result=~"hit|waited"}${R})) or vector(0)) / sum(rate(rag_cache_lookups_total{cache="embeddings"}${R}))`, 'hits']], { min: 0, max: 1 }),
    graph('Answered without a part', 'none', [[`sum by (part) (rate(rag_search_degraded_total${R})) or vector(0)`, '{{part}}']]),
  ],
  reranking: [
    graph('Duration', 's', quantiles('rag_reranking_duration_seconds_bucket')),
  ],
  query: [
    graph('Duration', 's', quantiles('rag_query_duration_seconds_bucket'), { limit: limit(3) }),
    graph('Retrieval', 's', quantiles('rag_query_retrieval_duration_seconds_bucket')),
    graph('First token', 's', quantiles('rag_query_first_token_duration_seconds_bucket')),
    graph('Answers', 'none', [[rate('rag_query_answers_total', 'result'), '{{result}}']]),
    graph('Tokens', 'none', [[rate('rag_query_completion_tokens_total'), 'tokens/s']]),
    graph('Answers from the cache', 'percentunit', [[`(sum by (level) (rate(rag_cache_lookups_total{cache="answers",result=~"hit|waited"}${R})) or vector(0)) / on () group_left () sum(rate(rag_cache_lookups_total{cache="answers"}${R}))`, '{{level}}']], { min: 0, max: 1 }),
  ],
  generation: [
    graph('First token', 's', quantiles('gen_ai_server_time_to_first_token_seconds_bucket'), { limit: limit(2) }),
    graph('Whole answer', 's', quantiles('gen_ai_client_operation_duration_seconds_bucket')),
    graph('Tokens', 'none', [[`sum by (gen_ai_token_type) (rate(gen_ai_client_token_usage_sum${R}))`, '{{gen_ai_token_type}}/s']]),
  ],
  caching: [
    graph('Lookups', 'none', [[rate('rag_caching_lookups_total', 'result'), '{{result}}']]),
    graph('Values handed in', 'none', [[rate('rag_caching_values_total', 'result'), '{{result}}']]),
    graph('Held', 'none', [['sum(rag_caching_entries)', 'values'], ['sum(rag_caching_leases)', 'computations'], ['sum(rag_caching_waiters)', 'callers that wait']]),
    graph('Bytes held', 'bytes', [['sum(rag_caching_bytes)', 'estimated']]),
  ],
};

const llm = dashboard('rag-llm', 'LLM', 'How the model answers, and whether it is what everybody waits for.', [
  ['Answers', [
    graph('Time to first token', 's', quantiles('gen_ai_server_time_to_first_token_seconds_bucket'), { limit: limit(2) }),
    graph('Time per token', 's', quantiles('gen_ai_server_time_per_output_token_seconds_bucket'), { limit: limit(0.05), about: '0.05 s is 20 tokens per second.' }),
    graph('Whole answer', 's', quantiles('gen_ai_client_operation_duration_seconds_bucket')),
    graph('Answers and failures', 'reqps', [['sum by (error_type) (rate(gen_ai_client_operation_duration_seconds_count' + R + '))', '{{error_type}}']]),
    graph('Tokens', 'none', [[`sum by (gen_ai_response_model, gen_ai_token_type) (rate(gen_ai_client_token_usage_sum${R}))`, '{{gen_ai_response_model}} {{gen_ai_token_type}}/s']]),
    graph('Share of a question that waits for the model', 'percentunit', [[`${rate('rag_query_first_token_duration_seconds_sum')} / ${rate('rag_query_duration_seconds_sum')}`, '']], { min: 0, max: 1 }),
    graph('Circuit and calls to the model', 'none', [['max(rag_seam_breaker_state{called="generation"})', 'circuit (2: open)'], ['sum(rag_seam_in_use{called="generation"})', 'in flight']]),
    graph('Answers without the model', 'none', [[`sum(rate(rag_degraded_total{code="generation_unavailable"}${R})) or vector(0)`, 'extractive']]),
  ]],
  ['The simulated LLM (loadline llm)', [
    graph('Slots and queue', 'none', [['sum(llm_busy_slots)', 'busy'], ['sum(llm_slots)', 'slots'], ['sum(llm_queue_length)', 'waiting']]),
    graph('Time to first token', 's', quantiles('llm_time_to_first_token_seconds_bucket')),
    graph('Tokens', 'none', [[rate('llm_tokens_total'), 'tokens/s']]),
    graph('Requests', 'reqps', [[rate('llm_requests_total', 'end'), '{{end}}']]),
  ]],
]);

const ingestion = dashboard('rag-upload', 'From upload to searchable', 'The way of a document: upload, queue, embedding, both indexes.', [
  ['Upload', [
    graph('Uploads', 'reqps', [[rate(`${http}_count{route="/documents",method="POST"}`, 'status'), '{{status}}']]),
    graph('Until acknowledged', 's', quantiles(`${http}_bucket{route="/documents",method="POST"}`), { limit: limit(10) }),
    graph('Until searchable', 's', quantiles('rag_ingestion_lag_seconds_bucket'), { limit: limit(30) }),
  ]],
  ['Queue', [
    graph('Documents not yet indexed', 'none', [['max(rag_documents_queue_depth)', 'documents']], { limit: limit(5000) }),
    graph('Oldest that nobody works on', 's', [['max(rag_documents_queue_lag_seconds)', 'outbox'], ['max(rag_queue_lag_seconds) or vector(0)', 'broker']], { limit: limit(120) }),
    graph('Jobs ended', 'none', [[rate('rag_ingestion_documents_total', 'outcome'), '{{outcome}}']]),
  ]],
  ['Work', [
    graph('Batches', 's', quantiles('rag_ingestion_duration_seconds_bucket')),
    graph('Embedding', 's', quantiles('rag_seam_duration_seconds_bucket{called="embedding",call="Embed"}')),
    graph('Writing vectors', 's', quantiles('rag_vectors_replace_duration_seconds_bucket')),
    graph('Writing keywords', 's', quantiles('rag_keywords_write_duration_seconds_bucket')),
    graph('Chunks in both indexes', 'none', [['max(rag_vectors_chunks)', 'vectors'], ['max(rag_keywords_chunks)', 'keywords']]),
    graph('Told to the cache', 'reqps', [[rate('rag_seam_calls_total{called="caching",call="Invalidate"}', 'outcome'), '{{outcome}}']]),
  ]],
]);

const folder = process.argv[2];
mkdirSync(folder, { recursive: true });
const write = (name, board) => writeFileSync(join(folder, `${name}.json`), JSON.stringify(board, null, 1) + '\n');
write('load-test', loadTest);
write('overview', overview);
write('llm', llm);
write('from-upload-to-searchable', ingestion);
for (const [service, panels] of Object.entries(particular)) {
  const called = ['gateway', 'ingestion'].includes(service) ? [] : [callsRow(service)];
  write(`service-${service}`, dashboard(`rag-${service}`, `Service: ${service}`, `The service ${service}: its own figures, what its callers see of it, and its processes.`, [[service[0].toUpperCase() + service.slice(1), panels], ...called, processRow(service)]));
}
