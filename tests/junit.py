#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""junit.py FILE: is it JUnit XML as Jenkins' xunit plug-in takes it? Says what is not, and exits with 1.

What that schema (junit-10.xsd) has: which elements stand in which, which attributes each may have and must have, and that the time of a
suite has digits and at most three decimals (older versions of it), no exponent, no sign. Counts must be those of the cases.
"""
import re
import sys
import xml.etree.ElementTree as tree

CHILDREN = {'testsuites': {'testsuite'}, 'testsuite': {'testsuite', 'properties', 'testcase', 'system-out', 'system-err'},
            'properties': {'property'}, 'testcase': {'skipped', 'error', 'failure', 'system-out', 'system-err'}}
ATTRIBUTES = {'testsuites': 'name time tests failures errors', 'testsuite': 'name! tests! failures! errors! group time skipped timestamp '
              'hostname id package file log url', 'property': 'name! value!', 'testcase': 'name! time classname group',
              'skipped': 'type message', 'error': 'type message', 'failure': 'type message'}
TIME = re.compile(r'[0-9,]*(\.[0-9]{0,3})?')
faults = []


def look(e, where):
    here = '%s/%s %s' % (where, e.tag, e.get('name', ''))
    words = ATTRIBUTES.get(e.tag, '').split()
    for a in e.keys():
        if a not in [w.rstrip('!') for w in words]:
            faults.append('%s: attribute %s is not allowed' % (here, a))
    for w in words:
        if w.endswith('!') and w[:-1] not in e.keys():
            faults.append('%s: attribute %s is missing' % (here, w[:-1]))
    if 'time' in e.keys() and not TIME.fullmatch(e.get('time')):
        faults.append('%s: time="%s"' % (here, e.get('time')))
    for c in e:
        if c.tag not in CHILDREN.get(e.tag, ()):
            faults.append('%s: element %s is not allowed' % (here, c.tag))
        look(c, here)
    cases = e.findall('.//testcase')
    counts = {'tests': len(cases), 'failures': sum(c.find('failure') is not None for c in cases),
              'errors': sum(c.find('error') is not None for c in cases), 'skipped': sum(c.find('skipped') is not None for c in cases)}
    for k, n in counts.items():
        if e.tag.startswith('testsuite') and k in e.keys() and int(e.get(k)) != n:
            faults.append('%s: %s="%s", but there are %d' % (here, k, e.get(k), n))


root = tree.parse(sys.argv[1]).getroot()
if root.tag not in ('testsuites', 'testsuite'):
    faults.append('the root is ' + root.tag)
look(root, '')
print('\n'.join(faults))
sys.exit(1 if faults else 0)
