// The API of segment-export: generated functions and types, and what no generator gives.

export * from './generated/index.js';
export { type CallOptions, type Token } from './calls.js';
export { runChanges, waitForRun } from './events.js';
export { everyItem, type Page, type PageQuery } from './pages.js';
export { ProblemError } from './problem.js';
export { createService, type Service, type ServiceOptions } from './service.js';
export { uploadMembers, type Members, type UploadOptions } from './upload.js';
