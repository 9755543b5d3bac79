// Debian 12 has Node 18, where Web Crypto is not yet a global; openid-client and jose expect it.

import {webcrypto} from 'node:crypto';

globalThis.crypto ??= webcrypto;
