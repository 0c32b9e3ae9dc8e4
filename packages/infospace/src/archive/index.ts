export type { ArchiveManifest, ArchiveSeal } from './archive-manifest.js';
export type { ArchiveProgress, OnProgress } from './archive-progress.js';
export type { BudgetSummary, ModelUse, NanoUsdField } from './budget-summary.js';
export { type CreateArchiveOptions, type CreateArchiveResult, createArchive } from './create-archive.js';
export { type ListedArchive, listArchives } from './list-archives.js';
export { type ShownArchive, showArchive } from './show-archive.js';
export { type VerifiedArchive, verifyArchive } from './verify-archive.js';
