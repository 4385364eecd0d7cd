// OpenAI's Node client against a server: one JSON line for each call, with what the client made of the answer. Arguments: the server's address, a key, a key over its limit.
import OpenAI from 'openai';

const [url, key, throttled] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
const messages = [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'What causes the tides?' }];

async function say(name, call) {
  try {
    console.log(JSON.stringify({ name, ...(await call()) }));
  } catch (error) {
    console.log(JSON.stringify({
      name, status: error.status, kind: error.constructor.name, code: error.code ?? null, param: error.param ?? null, retryAfter: error.headers?.get('retry-after') ?? null,
    }));
  }
}

await say('chat', async () => {
  const answer = await client.chat.completions.create({ model: 'any', messages });
  return { text: answer.choices[0].message.content, finish: answer.choices[0].finish_reason, tokens: answer.usage.total_tokens };
});
await say('stream', async () => {
  let text = '', finish = null, tokens = null, role = null;
  for await (const chunk of await client.chat.completions.create({ model: 'any', messages, stream: true, stream_options: { include_usage: true } })) {
    role ??= chunk.choices[0]?.delta.role ?? null;
    text += chunk.choices[0]?.delta.content ?? '';
    finish ??= chunk.choices[0]?.finish_reason ?? null;
    tokens ??= chunk.usage?.total_tokens ?? null;
  }
  return { role, text, finish, tokens };
});
await say('left', async () => {
  const stream = await client.chat.completions.create({ model: 'any', messages, stream: true });
  for await (const _ of stream) break; // the client closes the connection
  return { left: true };
});
await say('embeddings', async () => {
  const answer = await client.embeddings.create({ model: 'tiny', input: ['a', 'bbb'] }); // base64 on the wire
  return { vectors: answer.data.map(entry => Array.from(entry.embedding)), tokens: answer.usage.total_tokens };
});
await say('floats', async () => {
  const answer = await client.embeddings.create({ model: 'tiny', input: 'a', encoding_format: 'float' });
  return { vectors: answer.data.map(entry => entry.embedding) };
});
await say('models', async () => {
  const ids = [];
  for await (const model of client.models.list()) ids.push(model.id);
  return { ids, one: (await client.models.retrieve('tiny')).id };
});
await say('no model', () => client.models.retrieve('none'));
await say('wrong size', () => client.embeddings.create({ model: 'tiny', input: 'a', dimensions: 2 }));
await say('no messages', () => client.chat.completions.create({ model: 'any', messages: [] }));
await say('wrong key', () => client.withOptions({ apiKey: 'wrong-key-of-the-tests' }).chat.completions.create({ model: 'any', messages }));
const limited = client.withOptions({ apiKey: throttled });
await limited.models.list();
await say('over the limit', () => limited.chat.completions.create({ model: 'any', messages }));
