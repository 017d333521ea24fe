import * as api from 'segment-export-client';

const { SEGMENT_EXPORT_URL: url = '', SEGMENT_EXPORT_INSTANCE: instanceId = '' } = process.env;
const { SEGMENT_EXPORT_TOKEN: token = '', SEGMENT_EXPORT_API_KEY: apiKey = '' } = process.env;
const service = api.createService({ url, instanceId, token, language: 'en' });

const { data: connection } = await api.createConnection({
  ...service.at(),
  body: {
    displayName: 'Newsletter',
    type: 'campaignMonitor',
    consent: { agreed: true },
    credentials: { kind: 'apiKey', apiKey },
  },
});
const { connectionId } = connection;
await api.addExportUser(service.at({ id: connectionId }));
const { data: lists } = await api.browseLists(service.at({ id: connectionId }));
const listId = lists.clients[0]?.lists[0]?.listId ?? '';

await api.putSegment({ ...service.at({ name: 'Newcomers' }), body: { displayName: 'Newcomers' } });
await api.uploadMembers(service, 'Newcomers', 'CustomerId,Email\n1,ann@example.com\n2,nobody\n', { format: 'csv' });
const { data: made } = await api.createExport({
  ...service.at(),
  body: { displayName: 'Newcomers', connectionId, listId, segments: ['Newcomers'], mapping: { email: 'Email' } },
});

const { data: started } = await api.startRun(service.at({ id: made.exportId }));
const run = await api.waitForRun(service, started.runId);
console.log(run.status, run.counts.created);
const page = (query: api.PageQuery) => api.listRejections({ ...service.at({ id: run.runId }), query });
for await (const row of api.everyItem(page)) console.log(row.customerId, row.message);
