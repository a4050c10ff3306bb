import type { CommitHost, CommitRequest, CommitResult } from './request.ts';

export declare function commit(host: CommitHost, request: CommitRequest): CommitResult;
