// Reads a message for Teams as the library of Adaptive Cards does, of the version that the card names, and fails on
// anything that it does not know, or that the published schema does not allow. Usage: card.mjs FILE.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { AdaptiveCard, SerializationContext, Version } = require('adaptivecards/dist/adaptivecards.js');
const { adaptiveCardSchema } = require('adaptivecards-designer/lib/adaptive-card-schema.js');
const Ajv = require('ajv');
const message = JSON.parse(readFileSync(process.argv[2], 'utf8'));
assert.equal(message.type, 'message');
const [attachment] = message.attachments;
assert.equal(attachment.contentType, 'application/vnd.microsoft.card.adaptive');
const { version } = attachment.content;
const context = new SerializationContext(Version.parse(version, new SerializationContext()));
const card = new AdaptiveCard();
card.parse(attachment.content, context);
const events = [];
for (let index = 0; index < context.eventCount; index++) events.push(context.getEventAt(index).message);
assert.deepEqual(events, []);
const { validationEvents } = card.validateProperties();
assert.deepEqual(
  validationEvents.map((event) => event.message),
  [],
);
assert.equal(card.getItemCount(), attachment.content.body.length);

// The schema is of draft 6, but names itself as draft 4 did.
const { id, ...schema } = adaptiveCardSchema;
const ajv = new Ajv({ strict: false, allErrors: true });
ajv.addMetaSchema(require('ajv/dist/refs/json-schema-draft-06.json'));
const isValid = ajv.compile(schema);
assert.ok(isValid(attachment.content), JSON.stringify(isValid.errors));
const [headline] = attachment.content.body;
assert.ok(!isValid({ ...attachment.content, body: [{ ...headline, color: 'pink' }] }), 'the schema tells them apart');
