/* What a credentials object says, as liblinnet wants it. */
#ifndef LINNET_PYTHON_CREDENTIALS_H
#define LINNET_PYTHON_CREDENTIALS_H

#include "module.h"

#define LINNET_PY_CERTIFICATES 64u /* of a server, behind the first */
#define LINNET_PY_TRUSTED_KEYS 256u

/* Views into the object that they were read from, which has to outlive them. */
typedef struct linnet_py_credentials {
    linnet_credentials credentials;
    linnet_certificate more[LINNET_PY_CERTIFICATES];
    linnet_bytes trusted_keys[LINNET_PY_TRUSTED_KEYS];
} linnet_py_credentials;

/* Reads a dict with the names of the fields of linnet_credentials; what it has is added. 0, or -1 with an exception. */
int linnet_py_credentials_read(PyObject *given, linnet_py_credentials *read);

#endif
