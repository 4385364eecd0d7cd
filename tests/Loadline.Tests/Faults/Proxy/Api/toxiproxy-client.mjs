// Toxiproxy's Node client against a server: one JSON line for each call, with what the client made of the answer. Arguments: the API's address, the address of an HTTP server.
import client from 'toxiproxy-node-client';

const [api, upstream] = process.argv.slice(2);
const { Toxiproxy } = client;
const toxiproxy = new Toxiproxy(api);

async function say(name, call) {
  try {
    console.log(JSON.stringify({ name, ...(await call()) }));
  } catch (error) {
    console.log(JSON.stringify({ name, error: error.message.split('\n')[0], code: error.cause?.code ?? null }));
  }
}

// A fresh connection each time: what a proxy does to connections is seen.
async function ask(listen) {
  const begin = performance.now();
  const answer = await fetch(`http://${listen}/`, { headers: { Connection: 'close' }, signal: AbortSignal.timeout(20000) });
  return { status: answer.status, text: await answer.text(), slow: performance.now() - begin >= 190 };
}

let proxy, toxic;
await say('version', async () => JSON.parse(await toxiproxy.getVersion()));
await say('create', async () => {
  proxy = await toxiproxy.createProxy({ name: 'server', listen: '127.0.0.1:0', upstream });
  return { proxy: { ...proxy.toJson(), listen: proxy.listen !== '127.0.0.1:0' } };
});
await say('create again', () => toxiproxy.createProxy({ name: 'server', listen: '127.0.0.1:0', upstream }));
await say('create without a server', () => toxiproxy.createProxy({ name: 'other', listen: '127.0.0.1:0' }));
await say('plain', () => ask(proxy.listen));
await say('add', async () => {
  toxic = await proxy.addToxic({ name: 'late', type: 'latency', stream: 'downstream', toxicity: 1, attributes: { latency: 200, jitter: 0 } });
  return { toxic: toxic.toJson() };
});
await say('late', () => ask(proxy.listen));
await say('add again', () => proxy.addToxic({ name: 'late', type: 'latency', stream: 'downstream', toxicity: 1, attributes: {} }));
await say('add what is unknown', () => proxy.addToxic({ name: 'x', type: 'nonsense', stream: 'downstream', toxicity: 1, attributes: {} }));
await say('update', async () => {
  toxic = await toxic.update({ attributes: { latency: 1, jitter: 1 }, toxicity: 0.5 });
  return { toxic: (await proxy.getToxic('late')).toJson() };
});
await say('remove', async () => {
  await toxic.remove();
  return { gone: await proxy.getToxic('late').then(() => false, () => true) };
});
await say('default name', async () => ({ toxic: (await proxy.addToxic({ type: 'slow_close', stream: 'upstream', attributes: { delay: 5 } })).toJson() }));
await say('all of Toxiproxy', async () => {
  const types = { bandwidth: { rate: 1000 }, slow_close: { delay: 10 }, timeout: { timeout: 100 }, reset_peer: { timeout: 100 }, slicer: { average_size: 10, size_variation: 5, delay: 10 }, limit_data: { bytes: 100 } };
  const read = {};
  for (const [type, attributes] of Object.entries(types)) {
    const added = await proxy.addToxic({ name: `a ${type}`.replace(' ', '_'), type, stream: 'downstream', toxicity: 1, attributes });
    read[type] = JSON.stringify(added.attributes) === JSON.stringify(attributes);
    await added.remove();
  }
  return read;
});
await say('reset peer', async () => {
  await proxy.addToxic({ type: 'reset_peer', stream: 'downstream', attributes: { timeout: 0 } });
  return ask(proxy.listen);
});
await say('disable', async () => {
  const disabled = await proxy.update({ enabled: false, listen: proxy.listen, upstream });
  return { enabled: disabled.enabled, asked: await ask(proxy.listen).then(() => 'answered', error => error.cause?.code) };
});
await say('reset', async () => {
  await toxiproxy.reset();
  const after = await toxiproxy.get('server');
  return { enabled: after.enabled, toxics: (await (await fetch(`${api}/proxies/server`)).json()).toxics, ...(await ask(after.listen)) };
});
await say('ours', async () => {
  await proxy.addToxic({ type: 'http_status', stream: 'downstream', attributes: { status: 429, retry_after: 2, first: 1 } });
  const [first, second] = [await ask(proxy.listen), await ask(proxy.listen)];
  return { statuses: [first.status, second.status], type: JSON.parse(first.text).error.type };
});
await say('populate', async () => {
  const made = await toxiproxy.populate([{ name: 'server', listen: proxy.listen, upstream, enabled: true }, { name: 'second', listen: '127.0.0.1:0', upstream }]);
  return { names: Object.keys(made), kept: (await proxy.getToxic('http_status_downstream')).type, same: made.server.listen === proxy.listen };
});
await say('all', async () => ({ names: Object.keys(await toxiproxy.getAll()) }));
await say('delete', async () => {
  await proxy.remove();
  return { names: Object.keys(await toxiproxy.getAll()) };
});
await say('get what is gone', () => toxiproxy.get('server'));
