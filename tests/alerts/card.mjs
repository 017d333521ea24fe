// Reads a message for Teams as the library of Adaptive Cards does, of the version that the card names, and fails on
// anything that it does not know. Usage: card.mjs FILE.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { AdaptiveCard, SerializationContext, Version } = createRequire(import.meta.url)('adaptivecards/dist/adaptivecards.js');
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
