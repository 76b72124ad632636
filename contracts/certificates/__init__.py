"""Certificates: quality judged against the agreed limits, said in a W3C credential that anybody can check offline.

Reading order: conformity (what follows from the results), jcs and proof (bytes and signatures), contexts and vcdm (the form
of any credential), credential and credential_reader (ours), status_list (revocation), verify (all of it, for one file);
then the stage: specification (the agreement's side), stated (fact and credential say the same), rules, tables, service.
"""
