import { NGINX } from '../fixtures/reverse-proxy.ts';
import { describeProxy } from './proxy-suite.ts';

describeProxy(NGINX);
